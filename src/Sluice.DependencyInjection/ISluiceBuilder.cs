using Microsoft.Extensions.DependencyInjection;

namespace Sluice.DependencyInjection;

/// <summary>What <c>AddSluice</c> returns, for packages to extend: <c>AddSluice().UseRedis(…)</c>.</summary>
public interface ISluiceBuilder
{
    /// <summary>The services that are being configured.</summary>
    IServiceCollection Services { get; }
}
