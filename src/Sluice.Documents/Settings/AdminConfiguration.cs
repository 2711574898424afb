namespace Sluice.Documents;

/// <summary>The address for operators: metrics and health, apart from the address of clients.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record AdminConfiguration
{
    /// <summary>The shortest <see cref="Token"/>: 16 characters.</summary>
    public const int MinTokenLength = 16;

    /// <summary>The longest <see cref="Token"/>: 256 characters.</summary>
    public const int MaxTokenLength = 256;

    /// <summary>Where to listen: scheme, host and port, of which 0 means any free one.</summary>
    /// <value>The default is <c>http://127.0.0.1:9090</c>. Another address than loopback needs a <see cref="Token"/>.</value>
    public required Uri Listen { get; init; }

    /// <summary>The bearer token that requests must have; null when every program of this machine may ask.</summary>
    /// <value>Printable ASCII without white space. It is never printed.</value>
    public string? Token { get; init; }
}
