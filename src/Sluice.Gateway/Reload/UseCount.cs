namespace Sluice.Gateway;

/// <summary>Counts the users of something that ends once its owner and all of its users have left it.</summary>
/// <remarks>The owner is the first user. Thread safety: any number of threads.</remarks>
/// <param name="onEnd">Is called once, by the last that leaves.</param>
internal sealed class UseCount(Action onEnd)
{
    private int _count = 1;

    /// <summary>How many users there are, the owner among them.</summary>
    internal int Count => Volatile.Read(ref _count);

    /// <summary>Adds a user.</summary>
    /// <returns>False when it has ended.</returns>
    internal bool TryEnter()
    {
        int count = Volatile.Read(ref _count);
        while (count != 0)
        {
            int seen = Interlocked.CompareExchange(ref _count, count + 1, count);
            if (seen == count)
            {
                return true;
            }

            count = seen;
        }

        return false;
    }

    /// <summary>Removes a user, or the owner.</summary>
    internal void Leave()
    {
        if (Interlocked.Decrement(ref _count) == 0)
        {
            onEnd();
        }
    }
}
