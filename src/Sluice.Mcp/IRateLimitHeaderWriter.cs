namespace Sluice.Mcp;

/// <summary>Says what a call's limits have left in the headers of a response.</summary>
/// <remarks>
/// <para>
/// The standard is still a draft, and clients read different headers: for other headers, implement this interface.
/// </para>
/// <para>Thread safety: every member may be called from any thread.</para>
/// </remarks>
public interface IRateLimitHeaderWriter
{
    /// <summary>Writes the headers, on success or rejection; <c>Retry-After</c> is not one of them.</summary>
    /// <typeparam name="TTarget">What holds the headers.</typeparam>
    /// <param name="decision">The decision.</param>
    /// <param name="limits">The limits that applied.</param>
    /// <param name="states">Their states, in their order.</param>
    /// <param name="target">What holds the headers.</param>
    /// <param name="setHeader">Sets one header: target, name, value.</param>
    void Write<TTarget>(
        RateLimitDecision decision,
        ApplicableLimits limits,
        ReadOnlySpan<LimitState> states,
        TTarget target,
        Action<TTarget, string, string> setHeader);
}
