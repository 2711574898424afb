namespace Sluice.Gateway;

/// <summary>A client's call that a backend has.</summary>
/// <param name="Key">The number by which the backend knows it, and its progress.</param>
/// <param name="Id">Its id as the client wrote it.</param>
/// <param name="ProgressToken">Its progress token as the client wrote it; empty for none.</param>
/// <param name="Backend">The backend.</param>
/// <param name="Opened">The session at the backend.</param>
internal sealed record LiveCall(
    long Key, ReadOnlyMemory<byte> Id, ReadOnlyMemory<byte> ProgressToken, BackendSession Backend, OpenedBackend Opened);
