namespace Sluice.Gateway;

/// <summary>The gateway rejects the answer of a server.</summary>
/// <param name="failure">What the caller is told.</param>
/// <param name="detail">What the log is told beyond that: it may name addresses.</param>
internal sealed class UpstreamRefusedException(UpstreamFailure failure, string detail) : Exception(detail)
{
    internal UpstreamFailure Failure => failure;
}
