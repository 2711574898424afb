namespace Sluice.Redis;

/// <summary>A process of a lane as the allocator knows it.</summary>
/// <param name="Id">Its random id.</param>
/// <param name="Number">The number of its last message.</param>
/// <param name="HasEnded">Whether its shares were taken back.</param>
internal readonly record struct SeenProcess(ulong Id, ulong Number, bool HasEnded);
