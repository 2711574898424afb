using System.Diagnostics.CodeAnalysis;

namespace Sluice.Gateway;

/// <summary>Who calls, or why nobody can say.</summary>
internal sealed class AuthenticationResult
{
    private AuthenticationResult(CallerIdentity? caller, string? failure, string? consumedHeader)
    {
        Caller = caller;
        Failure = failure;
        ConsumedHeader = consumedHeader;
    }

    /// <summary>The caller, when authentication succeeded.</summary>
    internal CallerIdentity? Caller { get; }

    /// <summary>Why it failed, as a clause that names no secret.</summary>
    internal string? Failure { get; }

    /// <summary>The header that held the gateway's own credential, which is not for the upstream; or null.</summary>
    internal string? ConsumedHeader { get; }

    [MemberNotNullWhen(true, nameof(Caller))]
    [MemberNotNullWhen(false, nameof(Failure))]
    internal bool IsSuccess => Caller is not null;

    internal static AuthenticationResult Succeeded(CallerIdentity caller, string? consumedHeader) =>
        new(caller, null, consumedHeader);

    internal static AuthenticationResult Failed(string why) => new(null, why, null);
}
