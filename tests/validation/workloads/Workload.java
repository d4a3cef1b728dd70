/** The workloads integer, floating and memory, as in the C programs of the same names. */
final class Workload {
    private static final int SIEVE = 1 << 17;
    private static final int SIZE = 128;
    private static final int WORDS = 1 << 23;

    private Workload() {}

    static long integer(long rounds) {
        byte[] composite = new byte[SIEVE];
        long primes = 0;
        for (long round = 0; round < rounds; round++) {
            java.util.Arrays.fill(composite, (byte) 0);
            for (int number = 2; number < SIEVE; number++) {
                if (composite[number] != 0) continue;
                primes++;
                for (int multiple = 2 * number; multiple < SIEVE; multiple += number) composite[multiple] = 1;
            }
        }
        return primes;
    }

    static void multiply(double[][] left, double[][] right, double[][] product) {
        for (int row = 0; row < SIZE; row++)
            for (int inner = 0; inner < SIZE; inner++)
                for (int column = 0; column < SIZE; column++)
                    product[row][column] += left[row][inner] * right[inner][column];
    }

    static long floating(long rounds, double[][] left, double[][] right) {
        double[][] product = new double[SIZE][SIZE];
        double total = 0;
        for (long round = 0; round < rounds; round++) multiply(left, right, product);
        for (double[] row : product) for (double value : row) total += value;
        return (long) total;
    }

    static long memory(long rounds, long[] table) {
        long place = 1;
        for (long round = 0; round < rounds; round++) place = (table[(int) place] + round * 40503L) & (WORDS - 1);
        return place;
    }

    private static double[][] matrix(java.util.function.IntBinaryOperator value) {
        double[][] matrix = new double[SIZE][SIZE];
        for (int row = 0; row < SIZE; row++)
            for (int column = 0; column < SIZE; column++) matrix[row][column] = value.applyAsInt(row, column);
        return matrix;
    }

    private static long[] table() {
        long[] table = new long[WORDS];
        for (int word = 0; word < WORDS; word++) table[word] = word * 2654435761L >>> 7;
        return table;
    }

    public static void main(String[] arguments) {
        String name = arguments[0];
        long rounds = Long.parseLong(arguments[1]);
        double[][] left = matrix((row, column) -> (row + column) % 7);
        double[][] right = matrix((row, column) -> row * column % 5);
        long[] table = name.equals("memory") ? table() : null;
        long began = System.nanoTime();
        long answer = switch (name) {
            case "integer" -> integer(rounds);
            case "floating" -> floating(rounds, left, right);
            case "memory" -> memory(rounds, table);
            default -> throw new IllegalArgumentException(name);
        };
        double seconds = 1e-9 * (System.nanoTime() - began);
        System.out.printf(java.util.Locale.ROOT, "%.9f %d%n", seconds, answer);
    }
}
