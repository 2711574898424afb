namespace Sluice.Redis;

/// <summary>The last heartbeat of a process, as the table in Redis has it.</summary>
/// <param name="Id">The random id of the process.</param>
/// <param name="Number">The number of the heartbeat, from 1.</param>
/// <param name="HasEnded">Whether another process has seen the end of this one. An id that has ended never comes back.</param>
internal readonly record struct ProcessBeat(ulong Id, ulong Number, bool HasEnded);
