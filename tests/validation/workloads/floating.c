/* Floating point: a round multiplies two matrices of 128 x 128; the values are small whole numbers, so sums are exact. */
#include "workload.h"

enum { SIZE = 128 };
static double left[SIZE][SIZE], right[SIZE][SIZE], product[SIZE][SIZE];

void prepare(void)
{
    for (int row = 0; row < SIZE; row++)
        for (int column = 0; column < SIZE; column++) {
            left[row][column] = (row + column) % 7;
            right[row][column] = (row * column) % 5;
        }
}

static void multiply(void)
{
    for (int row = 0; row < SIZE; row++)
        for (int inner = 0; inner < SIZE; inner++)
            for (int column = 0; column < SIZE; column++)
                product[row][column] += left[row][inner] * right[inner][column];
}

uint64_t work(long rounds)
{
    double total = 0;
    for (long round = 0; round < rounds; round++)
        multiply();
    for (int row = 0; row < SIZE; row++)
        for (int column = 0; column < SIZE; column++)
            total += product[row][column];
    return (uint64_t)total;
}
