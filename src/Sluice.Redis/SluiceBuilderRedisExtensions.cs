using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Sluice.DependencyInjection;
using Sluice.Redis;
using StackExchange.Redis;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Keeps a host's buckets in Redis.</summary>
public static class SluiceBuilderRedisExtensions
{
    /// <summary>Keeps the buckets in Redis, over connections of the store's own.</summary>
    /// <param name="builder">What <c>AddSluice</c> returned.</param>
    /// <param name="configuration">The servers, as StackExchange.Redis writes them: <c>"host:6379,ssl=true"</c>.</param>
    /// <param name="configure">Sets more; null for the defaults. The options are checked when the host starts.</param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="configuration"/> is null or empty.</exception>
    /// <exception cref="InvalidOperationException">The host has a store already, other than the one in this process.</exception>
    public static ISluiceBuilder UseRedis(
        this ISluiceBuilder builder, string configuration, Action<RedisStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(configuration);
        builder.Services.Configure<RedisStoreOptions>(options => options.Configuration = configuration);
        return builder.Use(configuration, configure, static provider => RedisStore.Connect(
            provider.GetRequiredService<IOptions<RedisStoreOptions>>().Value,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetService<ILoggerFactory>()));
    }

    /// <summary>Keeps the buckets in Redis, over connections that exist already and stay the caller's to close.</summary>
    /// <param name="builder">What <c>AddSluice</c> returned.</param>
    /// <param name="multiplexer">The connections.</param>
    /// <param name="configure">Sets more; null for the defaults. The options are checked when the host starts.</param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="multiplexer"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The host has a store already, other than the one in this process.</exception>
    public static ISluiceBuilder UseRedis(
        this ISluiceBuilder builder, IConnectionMultiplexer multiplexer, Action<RedisStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(multiplexer);
        return builder.Use(configuration: "", configure, provider => RedisStore.Create(
            multiplexer,
            provider.GetRequiredService<IOptions<RedisStoreOptions>>().Value,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetService<ILoggerFactory>()));
    }

    private static ISluiceBuilder Use(
        this ISluiceBuilder builder, string configuration, Action<RedisStoreOptions>? configure, Func<IServiceProvider, RedisStore> create)
    {
        IServiceCollection services = builder.Services;
        services.AddOptions<RedisStoreOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RedisStoreOptions>, RedisStoreOptionsValidator>());
        if (configure is not null)
        {
            services.Configure<RedisStoreOptions>(options =>
            {
                configure(options);
                if (options.Configuration != configuration)
                {
                    // Both may hold a password, so neither is in the message.
                    throw new InvalidOperationException(
                        "UseRedis is given one Redis, and its options name another in Configuration. Remove one of the two.");
                }
            });
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, RedisWarmUp>());
        return builder.UseStore(create);
    }
}
