namespace Sluice.Redis;

/// <summary>Whether a verb of the remainder was done.</summary>
internal enum RemainderStatus : byte
{
    /// <summary>The remainder has too few tokens.</summary>
    Rejected = 0,

    /// <summary>It was done.</summary>
    Done = 1,

    /// <summary>The epoch is too young to decide anything.</summary>
    Waiting = 2,
}
