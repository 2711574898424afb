using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Sluice.AspNetCore;
using Sluice.DependencyInjection;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Configures the limits of HTTP apps.</summary>
public static class SluiceBuilderHttpExtensions
{
    /// <summary>Sets how the middleware reads requests, and whom it takes for their caller.</summary>
    /// <param name="builder">What <c>AddSluice</c> returned.</param>
    /// <param name="configure">Sets the options, which are checked when the host starts.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static ISluiceBuilder ConfigureHttp(this ISluiceBuilder builder, Action<SluiceHttpOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.AddOptions<SluiceHttpOptions>().Configure(configure).ValidateOnStart();
        builder.Services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<SluiceHttpOptions>, SluiceHttpOptionsValidator>());
        return builder;
    }
}
