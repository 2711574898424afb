using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>Takes what a changed document says.</summary>
/// <remarks>Thread safety: an implementation is called by one thread at a time.</remarks>
internal interface IReloadTarget
{
    /// <summary>What the document said when it was last taken.</summary>
    GatewayConfiguration Configuration { get; }

    /// <summary>The result of the last reload; null before the first.</summary>
    ReloadResult? LastReload { set; }

    /// <summary>Takes what the document says now.</summary>
    /// <param name="configuration">A valid configuration.</param>
    /// <exception cref="FormatException">A key file cannot be used; the message says which and why. Nothing has changed.</exception>
    Task ApplyAsync(GatewayConfiguration configuration);
}
