/* Memory: each round reads one of 2^23 words, 64 MiB in all, and what it reads says where the next one is. */
#include "workload.h"

enum { WORDS = 1 << 23 };
static uint64_t table[WORDS];

void prepare(void)
{
    for (uint64_t word = 0; word < WORDS; word++)
        table[word] = word * 2654435761u >> 7;
}

uint64_t work(long rounds)
{
    uint64_t place = 1;
    for (long round = 0; round < rounds; round++)
        place = (table[place] + (uint64_t)round * 40503u) & (WORDS - 1);
    return place;
}
