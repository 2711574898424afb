using Sluice.AspNetCore;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Limits calls in an app's pipeline.</summary>
public static class SluiceApplicationBuilderExtensions
{
    /// <summary>Limits every call that passes here by the only policy there is.</summary>
    /// <remarks>
    /// Every POST that passes is taken for a message of MCP, and answered with an error if it is not: in an app that serves
    /// more, put this into a branch (<c>app.UseWhen</c>) or on the endpoint (<c>RequireRateLimits</c>). An endpoint that requires
    /// the same policy counts a call once; one that requires another policy is limited by both. Call it after authentication and
    /// authorization.
    /// </remarks>
    /// <param name="app">The app.</param>
    /// <exception cref="ArgumentNullException"><paramref name="app"/> is null.</exception>
    /// <exception cref="InvalidOperationException"><c>AddSluice</c> was not called, or there is not exactly one policy.</exception>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">The options have faults.</exception>
    public static IApplicationBuilder UseSluice(this IApplicationBuilder app) => Use(app, policy: null);

    /// <summary>Limits every call that passes here by a policy.</summary>
    /// <remarks>As the other overload.</remarks>
    /// <param name="app">The app, or a branch of it.</param>
    /// <param name="policy">The name of a policy that <c>AddSluice</c> was given.</param>
    /// <exception cref="ArgumentNullException"><paramref name="app"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="policy"/> is null or empty.</exception>
    /// <exception cref="InvalidOperationException"><c>AddSluice</c> was not called, or there is no such policy.</exception>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">The options have faults.</exception>
    public static IApplicationBuilder UseSluice(this IApplicationBuilder app, string policy)
    {
        ArgumentException.ThrowIfNullOrEmpty(policy);
        return Use(app, policy);
    }

    private static IApplicationBuilder Use(IApplicationBuilder app, string? policy)
    {
        ArgumentNullException.ThrowIfNull(app);
        CallLimiter limiter = CallLimiter.Create(app.ApplicationServices, policy, nameof(UseSluice));
        return app.Use(next => context =>
            context.GetEndpoint()?.Metadata is EndpointMetadataCollection metadata && RateLimitsMetadata.Names(limiter.Policy, metadata)
                ? next(context)
                : limiter.InvokeAsync(context, next));
    }
}
