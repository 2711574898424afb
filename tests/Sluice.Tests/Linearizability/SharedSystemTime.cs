namespace Sluice.Tests;

/// <summary>A clock that several threads move, and that an engine trusts as it does the system's: it reads it while it decides.</summary>
internal sealed class SharedSystemTime : SharedTime, ISystemClock;
