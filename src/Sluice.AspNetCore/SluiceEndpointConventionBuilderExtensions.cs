using Sluice.AspNetCore;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Limits calls of endpoints.</summary>
public static class SluiceEndpointConventionBuilderExtensions
{
    /// <summary>Limits the calls of these endpoints by a policy; nothing else is needed in the pipeline.</summary>
    /// <remarks>
    /// It wraps the endpoint itself, so it runs after every middleware, authorization among them: a request that was rejected before costs
    /// nothing. Several policies on one endpoint all limit its calls, and a call that one of them rejects is charged to none; the same
    /// policy again counts once.
    /// </remarks>
    /// <typeparam name="TBuilder">The kind of endpoint.</typeparam>
    /// <param name="builder">The endpoints.</param>
    /// <param name="policy">The name of a policy that <c>AddSluice</c> was given.</param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="policy"/> is null or empty.</exception>
    public static TBuilder RequireRateLimits<TBuilder>(this TBuilder builder, string policy)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(policy);
        builder.Finally(endpoint =>
        {
            if (endpoint.RequestDelegate is not null && !RateLimitsMetadata.Names(policy, endpoint.Metadata))
            {
                CallLimiter limiter = CallLimiter.Create(endpoint.ApplicationServices, policy, nameof(RequireRateLimits));
                Http.RequestDelegate inner = endpoint.RequestDelegate;
                endpoint.RequestDelegate = context => limiter.InvokeAsync(context, inner);
                endpoint.Metadata.Add(new RateLimitsMetadata(policy));
            }
        });
        return builder;
    }
}
