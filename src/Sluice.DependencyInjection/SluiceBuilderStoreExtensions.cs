using Microsoft.Extensions.DependencyInjection.Extensions;
using Sluice;
using Sluice.DependencyInjection;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Chooses where a host keeps its buckets.</summary>
public static class SluiceBuilderStoreExtensions
{
    /// <summary>Keeps the buckets in this store, instead of in this process.</summary>
    /// <remarks>A host has one store, so it can be chosen once.</remarks>
    /// <param name="builder">What <c>AddSluice</c> returned.</param>
    /// <param name="create">Makes the store, once; the host disposes of it.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="InvalidOperationException">The host has a store already, other than the one in this process.</exception>
    public static ISluiceBuilder UseStore(this ISluiceBuilder builder, Func<IServiceProvider, IRateLimitStore> create)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(create);
        IServiceCollection services = builder.Services;
        if (services.Any(service => service.ServiceType == typeof(IRateLimitStore) && !service.IsKeyedService
            && !ReferenceEquals(service.ImplementationFactory, SluiceServiceCollectionExtensions.InProcess)))
        {
            throw new InvalidOperationException(
                "This host has a store already, and can have one only. "
                    + "Keep one call of UseRedis, UseStore or AddSingleton<IRateLimitStore>.");
        }

        services.Replace(ServiceDescriptor.Singleton(create));
        return builder;
    }
}
