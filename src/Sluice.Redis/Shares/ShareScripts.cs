namespace Sluice.Redis;

/// <summary>The scripts of shares.</summary>
/// <param name="Allocator">The script of the allocator.</param>
/// <param name="Decision">The script that decides calls on divided buckets.</param>
internal sealed record ShareScripts(ShareScript Allocator, ShareDecisionScript Decision)
{
    /// <summary>The scripts, by the server's clock.</summary>
    internal static ShareScripts Standard { get; } = new(ShareScript.Standard, ShareDecisionScript.Standard);
}
