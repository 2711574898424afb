namespace Sluice.ModelContextProtocol;

/// <summary>Limits the tool, prompt or resource that a method is.</summary>
/// <remarks>
/// What the builder or the configuration says of the same operation and scope goes first. A method may have several attributes;
/// those of one scope are a list of rates, and a call must meet all of them.
/// </remarks>
/// <param name="rate">The short form of a rate, such as <c>10/1m</c>; one that is wrong is reported when the host starts.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class RateLimitAttribute(string rate) : Attribute
{
    /// <summary>The rate in its short form.</summary>
    public string Rate { get; } = rate;

    /// <summary>Who shares a bucket.</summary>
    /// <value>The default is <see cref="RateLimitScope.Shared"/>.</value>
    public RateLimitScope Scope { get; set; }
}
