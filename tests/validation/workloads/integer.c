/* Integers: the sieve of Eratosthenes; a round counts the primes below 2^17, which fit into the second-level cache. */
#include <string.h>

#include "workload.h"

enum { SIZE = 1 << 17 };
static unsigned char composite[SIZE];

void prepare(void) {}

uint64_t work(long rounds)
{
    uint64_t primes = 0;
    for (long round = 0; round < rounds; round++) {
        memset(composite, 0, SIZE);
        for (int number = 2; number < SIZE; number++) {
            if (composite[number])
                continue;
            primes++;
            for (int multiple = 2 * number; multiple < SIZE; multiple += number)
                composite[multiple] = 1;
        }
    }
    return primes;
}
