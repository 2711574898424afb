using System.Diagnostics.CodeAnalysis;

namespace Sluice.Gateway;

/// <summary>Who calls, or why nobody can say.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed class AuthenticationResult
{
    private AuthenticationResult(AuthenticationOutcome outcome) => Outcome = outcome;

    /// <summary>A caller whom nobody asked who they are.</summary>
    internal static AuthenticationResult NotAsked { get; } = Succeeded(CallerIdentity.None, CallerClaims.None);

    internal AuthenticationOutcome Outcome { get; }

    /// <summary>The caller, when authentication succeeded.</summary>
    internal CallerIdentity? Caller { get; private init; }

    /// <summary>What the caller was granted, for allow lists.</summary>
    internal CallerClaims Claims { get; private init; } = CallerClaims.None;

    /// <summary>Why it did not succeed, as a clause that names no secret.</summary>
    internal string? Failure { get; private init; }

    /// <summary>The header that held the gateway's own credential, which is not for the upstream; or null.</summary>
    internal string? WithheldHeader { get; private init; }

    /// <summary>When another attempt makes sense; zero where waiting does not help.</summary>
    internal TimeSpan RetryAfter { get; private init; }

    /// <summary>How loudly to tell: what anybody can send any number of is told to nobody unless they ask.</summary>
    internal LogLevel LogLevel =>
        Outcome is AuthenticationOutcome.Failed or AuthenticationOutcome.Unavailable ? LogLevel.Information : LogLevel.Debug;

    [MemberNotNullWhen(true, nameof(Caller))]
    [MemberNotNullWhen(false, nameof(Failure))]
    internal bool IsSuccess => Outcome == AuthenticationOutcome.Succeeded;

    internal static AuthenticationResult Succeeded(CallerIdentity caller, CallerClaims claims, string? withheldHeader = null) =>
        new(AuthenticationOutcome.Succeeded) { Caller = caller, Claims = claims, WithheldHeader = withheldHeader };

    internal static AuthenticationResult NoCredentials(string why) => new(AuthenticationOutcome.NoCredentials) { Failure = why };

    internal static AuthenticationResult Failed(string why) => new(AuthenticationOutcome.Failed) { Failure = why };

    internal static AuthenticationResult Blocked(TimeSpan retryAfter) => new(AuthenticationOutcome.Blocked)
    {
        Failure = "too many attempts from this address have failed",
        RetryAfter = retryAfter,
    };

    internal static AuthenticationResult Unavailable(string why, TimeSpan retryAfter) =>
        new(AuthenticationOutcome.Unavailable) { Failure = why, RetryAfter = retryAfter };
}
