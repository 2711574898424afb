namespace Sluice.Redis;

/// <summary>The allocator's reply to a message. The same message always has the same reply.</summary>
/// <param name="Process">The process that sent the message.</param>
/// <param name="Number">The number of the message.</param>
/// <param name="Status">How the message was handled.</param>
/// <param name="Epoch">The epoch of the lane.</param>
/// <param name="IsWaiting">Whether the epoch is too young to grant or to decide anything.</param>
/// <param name="ServerMicros">The server's clock when the message was applied.</param>
/// <param name="Items">Of each bucket of the message, in its order.</param>
/// <param name="Processes">The processes of the lane.</param>
internal sealed record SyncReply(
    ulong Process,
    ulong Number,
    SyncStatus Status,
    ShareEpoch Epoch,
    bool IsWaiting,
    long ServerMicros,
    IReadOnlyList<SyncItemReply> Items,
    IReadOnlyList<SeenProcess> Processes);
