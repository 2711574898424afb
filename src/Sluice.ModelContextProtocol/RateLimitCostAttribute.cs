namespace Sluice.ModelContextProtocol;

/// <summary>Sets what a call of the tool, prompt or resource that a method is costs, in every limit that applies to it.</summary>
/// <remarks>What the builder or the configuration says of the same operation goes first.</remarks>
/// <param name="tokens">At least 1; what is less is reported when the host starts.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RateLimitCostAttribute(int tokens) : Attribute
{
    /// <summary>Tokens per call.</summary>
    public int Tokens { get; } = tokens;
}
