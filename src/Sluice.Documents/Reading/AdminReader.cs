namespace Sluice.Documents;

/// <summary>Reads <c>admin</c>: the address for operators.</summary>
internal sealed class AdminReader(FaultList faults)
{
    private const string Group = "admin";
    private const string Listen = "listen";
    private const string Token = "token";
    private static readonly Uri DefaultListen = new("http://127.0.0.1:9090");

    internal static readonly FieldTable Table = new(new FieldSpec(Listen, ListenReader.Address), new(Token, new TextSpec(AdminConfiguration.MaxTokenLength, $"^[!-~]{{{AdminConfiguration.MinTokenLength},}}$")));

    /// <summary>The settings; null without the group. Valid only when no fault was added.</summary>
    /// <param name="root">The file.</param>
    /// <param name="publicListen">Where clients are served.</param>
    /// <param name="hasTls">Whether there is a certificate.</param>
    internal AdminConfiguration? Read(FieldReader root, Uri publicListen, bool hasTls)
    {
        if (root.Node(Group) is not Node node || FieldReader.Open(node, Group, Table, faults) is not FieldReader reader)
        {
            return null;
        }

        Uri? listen = ListenReader.ReadAddress(reader, Listen);
        string? token = ReadToken(reader);
        AdminConfiguration admin = new() { Listen = listen ?? DefaultListen, Token = token };
        Node at = reader.Node(Listen) ?? node;
        string path = reader.Has(Listen) ? reader.PathOf(Listen) : Group;
        if (listen is null && reader.Has(Listen))
        {
            return null;
        }

        if (!admin.Listen.IsLoopback && token is null && !reader.HasAttempt(Token))
        {
            faults.Add(
                at, path,
                "is reached from other machines, and no token is set. Add 'token: ${SLUICE_ADMIN_TOKEN}', or listen on 127.0.0.1.");
        }
        else if (admin.Listen.Scheme == Uri.UriSchemeHttps && !hasTls)
        {
            faults.Add(at, path, "asks for TLS, and there is no certificate. Add 'tls: { certificate: …, key: … }', or write http://….");
        }
        else if (admin.Listen.Port != 0 && admin.Listen.Authority == publicListen.Authority)
        {
            faults.Add(at, path, $"is where clients are served. Use another port, such as {DefaultListen}.".Replace("/.", ".", StringComparison.Ordinal));
        }

        return admin;
    }

    private static string? ReadToken(FieldReader reader)
    {
        if (reader.Scalar(Token, "a token") is not ScalarNode scalar)
        {
            return null;
        }

        string text = scalar.Value;
        string? wrong = FieldReader.IsAnotherType(scalar) ? "the value is not text. Put it in quotes."
            : text.Length is < AdminConfiguration.MinTokenLength or > AdminConfiguration.MaxTokenLength
                ? $"has {text.Length} characters, and must have {AdminConfiguration.MinTokenLength} to {AdminConfiguration.MaxTokenLength}."
            : text.AsSpan().ContainsAnyExceptInRange('!', '~') ? "holds white space or a character outside printable ASCII. "
                + "Use letters and digits."
            : null;
        return reader.Accept(text, wrong, scalar, Token);
    }
}
