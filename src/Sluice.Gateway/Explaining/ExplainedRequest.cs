namespace Sluice.Gateway;

/// <summary>The request that is explained.</summary>
/// <param name="Method">The JSON-RPC method.</param>
/// <param name="Kind">What it names.</param>
/// <param name="Operation">The tool's or prompt's name or the resource's URI; empty for other methods.</param>
internal sealed record ExplainedRequest(string Method, OperationKind Kind, string Operation)
{
    /// <summary>The server behind a virtual server to which it goes; null where that is not known, or makes no difference.</summary>
    internal string? Backend { get; init; }

    /// <summary>The method and the operation, where there is one.</summary>
    public override string ToString() => Operation.Length == 0 ? Method : $"{Method} {Operation}";
}
