using System.Diagnostics.CodeAnalysis;

namespace Sluice.Gateway;

/// <summary>Who calls, or why that is not known.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed class AuthenticationResult
{
    private AuthenticationResult(AuthenticationOutcome outcome) => Outcome = outcome;

    /// <summary>A caller on a gateway that asks for no credentials.</summary>
    internal static AuthenticationResult NotAsked { get; } = Succeeded(CallerIdentity.None, CallerClaims.None);

    /// <summary>A caller that sent no credentials, on a gateway that serves such callers too.</summary>
    internal static AuthenticationResult Anonymous { get; } =
        new(AuthenticationOutcome.Succeeded) { Caller = CallerIdentity.None, IsAnonymous = true };

    internal AuthenticationOutcome Outcome { get; }

    /// <summary>The caller, when authentication succeeded.</summary>
    internal CallerIdentity? Caller { get; private init; }

    /// <summary>Whether the caller could have sent credentials and did not.</summary>
    internal bool IsAnonymous { get; private init; }

    /// <summary>What the caller was granted, for allow lists.</summary>
    internal CallerClaims Claims { get; private init; } = CallerClaims.None;

    /// <summary>Why it did not succeed, as a clause that names no secret.</summary>
    internal string? Failure { get; private init; }

    /// <summary>
    /// The credential itself, where it is one that the gateway or an issuer may never have given out: a guess. Null for everything
    /// else, such as an expired token. It is for counting alone, never for a log or an answer.
    /// </summary>
    internal string? WrongCredential { get; private init; }

    /// <summary>When another attempt makes sense; zero where waiting does not help.</summary>
    internal TimeSpan RetryAfter { get; private init; }

    /// <summary>The level of the log line: what any client can cause in any number is logged at Debug.</summary>
    internal LogLevel LogLevel { get; private init; } = LogLevel.Debug;

    [MemberNotNullWhen(true, nameof(Caller))]
    [MemberNotNullWhen(false, nameof(Failure))]
    internal bool IsSuccess => Outcome == AuthenticationOutcome.Succeeded;

    internal static AuthenticationResult Succeeded(CallerIdentity caller, CallerClaims claims) =>
        new(AuthenticationOutcome.Succeeded) { Caller = caller, Claims = claims };

    internal static AuthenticationResult NoCredentials(string why) => new(AuthenticationOutcome.NoCredentials) { Failure = why };

    /// <summary>A request whose credentials are not accepted, and that guesses nothing.</summary>
    internal static AuthenticationResult Failed(string why) => new(AuthenticationOutcome.Failed) { Failure = why };

    /// <summary>A credential that may be a guess.</summary>
    internal static AuthenticationResult Wrong(string why, string credential) =>
        new(AuthenticationOutcome.Failed) { Failure = why, WrongCredential = credential };

    internal static AuthenticationResult Blocked(string why, TimeSpan retryAfter) => new(AuthenticationOutcome.Blocked)
    {
        Failure = $"{why}, and this address has sent too many different wrong credentials",
        RetryAfter = retryAfter,
    };

    internal static AuthenticationResult Unavailable(string why, TimeSpan retryAfter) =>
        new(AuthenticationOutcome.Unavailable) { Failure = why, RetryAfter = retryAfter, LogLevel = LogLevel.Information };

    /// <summary>The same, for a log line that operators see: the first of its kind.</summary>
    internal AuthenticationResult Noted() => new(Outcome)
    {
        Caller = Caller,
        IsAnonymous = IsAnonymous,
        Claims = Claims,
        Failure = Failure,
        WrongCredential = WrongCredential,
        RetryAfter = RetryAfter,
        LogLevel = LogLevel.Information,
    };
}
