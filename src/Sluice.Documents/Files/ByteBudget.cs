namespace Sluice.Documents;

/// <summary>Bounds how many bytes are read of several files together.</summary>
/// <param name="maxBytes">The most bytes.</param>
internal sealed class ByteBudget(long maxBytes)
{
    private long _left = maxBytes;

    /// <summary>Whether so many bytes are more than are left.</summary>
    internal bool IsExceededBy(long bytes) => bytes > _left;

    /// <summary>Spends bytes.</summary>
    /// <exception cref="BudgetExceededException">Fewer bytes are left.</exception>
    internal void Spend(int bytes)
    {
        _left -= bytes;
        if (_left < 0)
        {
            throw new BudgetExceededException();
        }
    }
}

/// <summary>More bytes were read than is allowed.</summary>
internal sealed class BudgetExceededException : Exception;
