/* Prints the seconds that the rounds took, and the answer: the start of a program or of a virtual machine is not in. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "workload.h"

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

int main(int count, char **arguments)
{
    long rounds = count > 1 ? atol(arguments[1]) : 1;
    prepare();
    double began = now();
    uint64_t answer = work(rounds);
    double seconds = now() - began;
    printf("%.9f %" PRIu64 "\n", seconds, answer);
    return 0;
}
