namespace Sluice;

/// <summary>One limit of a compiled policy: a rate, on a target, for a scope.</summary>
/// <remarks>
/// <para>
/// Its bucket is known by <see cref="Server"/>, <see cref="Kind"/>, <see cref="Operation"/> and <see cref="Scope"/>; the
/// numbers are not part of that.
/// </para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
public sealed class RateLimit
{
    internal RateLimit(LimitTarget target, RateLimitScope scope, Rate rate)
    {
        Target = target;
        Scope = scope;
        Rate = rate;
        Name = LimitNames.Of(target, scope);
    }

    /// <summary>The name of the server whose calls it counts.</summary>
    public string Server => Target.Server;

    /// <summary>What the limit is on.</summary>
    public OperationKind Kind => Target.Kind;

    /// <summary>
    /// The name or glob of the tool, prompt, resource or method, as configured, trimmed; empty for
    /// <see cref="OperationKind.Server"/>.
    /// </summary>
    public string Operation => Target.Operation;

    /// <summary>Who shares a bucket.</summary>
    public RateLimitScope Scope { get; }

    /// <summary>
    /// The limit's name, unique in its policy: <c>perUser</c> for the server's, <c>search/perUser</c> for a tool's,
    /// <c>prompt:NAME/perUser</c>, <c>resource:URI/perUser</c> and <c>method:NAME/perUser</c> for the others.
    /// </summary>
    public string Name { get; }

    /// <summary>The scope as configuration and refusals spell it: <c>perUser</c>.</summary>
    public string ScopeName => LimitNames.Of(Scope);

    /// <summary>The kind as configuration and refusals spell it: <c>tool</c>.</summary>
    public string KindName => LimitNames.Of(Kind);

    /// <summary>How many tokens, how often.</summary>
    public Rate Rate { get; }

    /// <summary>Enforced or permissive; a disabled limit is in no <see cref="ApplicableLimits"/>.</summary>
    public LimitMode Mode { get; internal init; }

    /// <summary>What decides a call while the store does not answer.</summary>
    public StoreFailureMode OnStoreFailure { get; internal init; } = StoreFailureMode.Local;

    /// <summary>How its refusals look on the wire.</summary>
    public RejectionForm Rejection { get; internal init; }

    /// <summary>What the last store that met this limit by itself for the first time knows of it. Other stores look it up.</summary>
    internal RegisteredLimits? Registration { get; set; }

    /// <summary>The normalised target: equal for every spelling that means the same.</summary>
    internal LimitTarget Target { get; }

    /// <summary><see cref="Name"/>.</summary>
    public override string ToString() => Name;
}
