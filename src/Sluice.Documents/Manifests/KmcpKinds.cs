namespace Sluice.Documents;

/// <summary>The kinds of kmcp, the operator of kagent.</summary>
internal static class KmcpKinds
{
    /// <summary>The group of all kinds.</summary>
    internal const string Group = "kagent.dev";

    /// <summary>The version whose fields are read.</summary>
    internal const string Version = "v1alpha1";

    /// <summary>The kind of one server.</summary>
    internal const string Server = "MCPServer";
}
