namespace Sluice.Gateway;

/// <summary>The upstream stopped in the middle of an answer whose status the client already has.</summary>
internal sealed class UpstreamBrokeOffException(Exception cause)
    : Exception("The upstream broke off in the middle of its answer.", cause);
