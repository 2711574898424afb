namespace Sluice.Redis;

/// <summary>How a message was handled.</summary>
internal enum SyncStatus : byte
{
    /// <summary>A later message of the process had come before it. Nothing was done.</summary>
    Ignored = 0,

    /// <summary>It was applied.</summary>
    Applied = 1,

    /// <summary>The process has ended for the others. It has no shares any more, and needs a new id.</summary>
    Ended = 2,
}
