/* Page faults: each round maps 256 pages, touches each once, and unmaps them. */
#include "workload.h"

enum { PAGE = 4096, PAGES = 256 };

#ifdef _WIN32
#include <windows.h>

static volatile char *mapped(void)
{
    return VirtualAlloc(0, PAGE * PAGES, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

static void unmapped(volatile char *pages)
{
    VirtualFree((void *)pages, 0, MEM_RELEASE);
}
#else
#include <sys/mman.h>

static volatile char *mapped(void)
{
    char *pages = mmap(0, PAGE * PAGES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(pages, PAGE * PAGES, MADV_NOHUGEPAGE);
    return pages;
}

static void unmapped(volatile char *pages)
{
    munmap((void *)pages, PAGE * PAGES);
}
#endif

void prepare(void) {}

uint64_t work(long rounds)
{
    uint64_t touched = 0;
    for (long round = 0; round < rounds; round++) {
        volatile char *pages = mapped();
        for (int page = 0; page < PAGES; page++) {
            pages[page * PAGE] = 1;
            touched += (uint64_t)pages[page * PAGE];
        }
        unmapped(pages);
    }
    return touched;
}
