namespace Sluice.Mcp;

/// <summary>The two families of protocol revisions, which differ in how a connection starts and how errors travel.</summary>
public enum McpEra
{
    /// <summary>2024-11-05 to 2025-11-25, and every version that is absent or unknown.</summary>
    Legacy = 0,

    /// <summary>2026-07-28 and later: no handshake; every request says its version.</summary>
    Modern = 1,
}
