/* What a workload is: main.c prepares it untimed, then times the rounds. */
#include <stdint.h>

void prepare(void);
uint64_t work(long rounds); /* the answer, which is the same however the program is run */
