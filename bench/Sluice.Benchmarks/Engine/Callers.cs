namespace Sluice.Benchmarks;

/// <summary>Made-up callers and the order in which they come.</summary>
internal static class Callers
{
    private const int OrderLength = 1 << 20;

    internal static CallerIdentity[] Make(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new CallerIdentity("bench", $"user-{i}", null, null))];

    /// <summary>An identity for each call of an order, made in that order: each is near, as one is that a server has just made or found.</summary>
    internal static CallerIdentity[] MakeInOrder(int[] order) =>
        [.. order.Select(i => new CallerIdentity("bench", $"user-{i}", null, null))];

    /// <summary>Indexes below <paramref name="count"/>, uniform; its length is a power of two.</summary>
    internal static int[] UniformOrder(int count)
    {
        Random random = new(20_26);
        int[] order = new int[OrderLength];
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = random.Next(count);
        }

        return order;
    }
}
