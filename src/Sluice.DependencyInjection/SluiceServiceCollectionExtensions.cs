using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Sluice;
using Sluice.DependencyInjection;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds Sluice to a host.</summary>
public static class SluiceServiceCollectionExtensions
{
    /// <summary>Makes the store of a host that chooses no other.</summary>
    internal static readonly Func<IServiceProvider, IRateLimitStore> InProcess = static provider => new InProcessStore(
        new InProcessStoreOptions { MaxKeys = provider.GetRequiredService<IOptions<SluiceOptions>>().Value.MaxKeys },
        provider.GetRequiredService<TimeProvider>());

    /// <summary>Adds the store that every front of this host shares: in this process, unless another is chosen on the builder.</summary>
    /// <remarks>Calling it again adds nothing but its configuration. The options are checked when the host starts.</remarks>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets options and names policies; null for the defaults.</param>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is null.</exception>
    public static ISluiceBuilder AddSluice(this IServiceCollection services, Action<SluiceOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<SluiceOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SluiceOptions>, SluiceOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(InProcess);
        if (configure is not null)
        {
            services.Configure(configure);
        }

        return new SluiceBuilder(services);
    }

    private sealed record SluiceBuilder(IServiceCollection Services) : ISluiceBuilder;
}
