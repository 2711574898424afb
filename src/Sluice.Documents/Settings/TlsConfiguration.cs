namespace Sluice.Documents;

/// <summary>The files by which a gateway proves who it is.</summary>
/// <remarks>They are read when the gateway starts, and again whenever they change. Thread safety: immutable.</remarks>
internal sealed record TlsConfiguration
{
    /// <summary>A PEM file: the gateway's certificate, and after it those that lead to its authority.</summary>
    public required string Certificate { get; init; }

    /// <summary>A PEM file: the certificate's private key, not encrypted.</summary>
    public required string Key { get; init; }

    /// <summary>Gives certificate and key, as PEM, in place of the files; null where the files are read.</summary>
    internal Func<(string Certificate, string Key)>? Read { get; init; }
}
