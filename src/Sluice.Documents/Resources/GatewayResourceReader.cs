using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>
/// Reads a <c>Gateway</c> of <c>sluice.dev</c>: settings of a gateway's file, with references to Secrets in place of secrets.
/// </summary>
/// <remarks>
/// The fields are read by the readers of the file, with the values of the Secrets in their places. Thread safety: any number of threads.
/// </remarks>
internal static class GatewayResourceReader
{
    /// <summary>The most namespaces that a gateway can list.</summary>
    internal const int MaxNamespaces = 256;

    internal const string ListenField = "listen";
    internal const string TlsField = "tls";
    internal const string StoreField = "store";
    internal const string AuthField = "auth";
    private const string Spec = "spec";
    private const string NamespacesField = "namespaces";
    private const string SecretField = "secretRef";
    private const string PasswordField = "passwordRef";
    private const string ApiKeysField = "apiKeysRef";
    private const string JwtField = "jwt";
    private const string CertificateKey = "tls.crt";
    private const string PrivateKey = "tls.key";

    // Where messages about a value of a Secret belong.
    private static readonly (string Ours, string Theirs)[] Paths =
    [
        ($"{TlsField}.", $"{TlsField}.{SecretField}"), ($"{StoreField}.password", $"{StoreField}.{PasswordField}"), ($"{AuthField}.apiKeys", $"{AuthField}.{ApiKeysField}"),
    ];

    private static readonly TextSpec KeyName = new(MaxLength: 253, Pattern: "^[-._a-zA-Z0-9]+$");
    private static readonly FieldTable SecretTable = new(new FieldSpec("name", PolicyResourceReader.ObjectName).Required());
    private static readonly FieldTable KeyTable =
        new(new FieldSpec("name", PolicyResourceReader.ObjectName).Required(), new FieldSpec("key", KeyName).Required());

    private static readonly FieldTable TlsTable = new(new FieldSpec(SecretField, new GroupSpec(() => SecretTable)).Required());

    private static readonly FieldTable StoreTable = new(
        [.. StoreReader.Table.Fields.Where(field => field.Name is not ("password" or "certificateAuthority")), new(PasswordField, new GroupSpec(() => KeyTable))])
    {
        OneOf = StoreReader.Table.OneOf,
    };

    private static readonly FieldTable AuthTable = new(
        new FieldSpec(JwtField, new ListSpec(new GroupSpec(() => JwtReader.TableOfResources), 16)),
        new(ApiKeysField, new GroupSpec(() => KeyTable)),
        new("publicUrl", new TextSpec(2048, @"^\s*[hH][tT][tT][pP][sS]?://[^?#]+$")),
        new("anonymous", new BooleanSpec()))
    {
        OneOf = [[JwtField], [ApiKeysField], ["publicUrl"]],
    };

    /// <summary>The fields of <c>spec</c>.</summary>
    internal static readonly FieldTable Table = new(
        new FieldSpec(ListenField, new TextSpec(256, @"^\s*[hH][tT][tT][pP][sS]?://")),
        new(TlsField, new GroupSpec(() => TlsTable)),
        new(StoreField, new GroupSpec(() => StoreTable)),
        new(AuthField, new GroupSpec(() => AuthTable)),
        new(NamespacesField, new ListSpec(PolicyResourceReader.ObjectName, MaxNamespaces)));

    /// <summary>The Secrets that an object names, as far as it can be read.</summary>
    internal static ImmutableArray<SecretReference> SecretsOf(KubernetesObject manifest)
    {
        MappingNode? spec = manifest.Root.Find(Spec)?.Value as MappingNode;
        return
        [
            .. Of(TlsField, SecretField, CertificateKey, PrivateKey), .. Of(StoreField, PasswordField), .. Of(AuthField, ApiKeysField),
        ];

        IEnumerable<SecretReference> Of(string group, string field, params string[] keys)
        {
            MappingNode? reference = (spec?.Find(group)?.Value as MappingNode)?.Find(field)?.Value as MappingNode;
            if (reference?.Find("name")?.Value is ScalarNode { IsNull: false } name)
            {
                string[] used = keys.Length > 0 ? keys : reference.Find("key")?.Value is ScalarNode { IsNull: false } key ? [key.Value] : [];
                yield return new SecretReference(name.Value, used, manifest.PathOf($"{Spec}.{group}.{field}"));
            }
        }
    }

    /// <summary>Adds what is wrong with an object of a file, where no Secret can be asked for.</summary>
    internal static void Check(KubernetesObject manifest)
    {
        const string AnyKeys = "[ { user: a, sha256: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef } ]";
        _ = Read(manifest, (_, _) => AnyKeys);
        manifest.Document.Warnings.Add(
            manifest.Root.Find("kind")!.Value, manifest.PathOf("kind"), "sets a gateway in a cluster that is started with its name. "
                + "Here it has no effect.");
    }

    /// <summary>Reads an object; null when it, or the value of a Secret, is wrong.</summary>
    /// <param name="manifest">The object.</param>
    /// <param name="find">The value of a key of a Secret. All that <see cref="SecretsOf"/> names are there.</param>
    internal static GatewayResource? Read(KubernetesObject manifest, Func<string, string, string> find)
    {
        FaultList faults = manifest.Document.Faults;
        int before = faults.Count;
        ResourceIdentity.Read(manifest, isServer: false);
        if (manifest.Root.Find(Spec)?.Value is not Node specNode)
        {
            faults.Add(manifest.Root, manifest.Path, "lacks the field 'spec' with its fields. Add it.");
            return null;
        }

        if (FieldReader.Open(specNode, manifest.PathOf(Spec), Table, faults) is not FieldReader spec)
        {
            return null;
        }

        ImmutableHashSet<string>? namespaces = spec.Has(NamespacesField)
            ? [.. spec.List(NamespacesField).Select(entry => NameOf(entry.Item, entry.Path, faults)).OfType<string>()]
            : null;
        MappingNode? tls = Part(spec, TlsField, TlsTable, faults);
        MappingNode? store = Part(spec, StoreField, StoreTable, faults);
        MappingNode? auth = Part(spec, AuthField, AuthTable, faults);
        (string, string)? certificate = tls is null || faults.Count > before
            ? null
            : (Secret(tls, SecretField, CertificateKey), Secret(tls, SecretField, PrivateKey));
        if (faults.Count > before)
        {
            return null;
        }

        FaultList inner = new("");
        using DocumentContent content = new();
        GatewayConfiguration? settings = new GatewayReader(inner, ProcessValueSource.Instance, content).Read(
            Group(
            [
                .. spec.Mapping.Fields.Where(field => field.Name == ListenField),
                .. tls is null ? [] : (Field[])[Put(TlsField, Group([Put("certificate", Hidden("x")), Put("key", Hidden("x"))]))],
                .. store is null ? [] : (Field[])[Put(StoreField, WithPassword(store))],
                .. auth is null ? [] : (Field[])[Put(AuthField, WithKeys(auth, inner))],
            ]),
            (_, _) => []);
        foreach (Fault fault in inner.ToImmutable())
        {
            faults.Add(specNode, manifest.PathOf($"{Spec}.{PathOf(fault.Path)}"), fault.Message);
        }

        return faults.Count > before || settings is null ? null : new GatewayResource(
            settings, [.. spec.Mapping.Fields.Where(field => !IsEmpty(field.Value)).Select(field => field.Name)], namespaces, certificate);

        string Secret(MappingNode group, string field, string? key = null)
        {
            MappingNode reference = (MappingNode)group.Find(field)!.Value;
            return find(((ScalarNode)reference.Find("name")!.Value).Value, key ?? ((ScalarNode)reference.Find("key")!.Value).Value);
        }

        MappingNode WithPassword(MappingNode group) => group.Find(PasswordField) is null ? group : Group(
            [.. group.Fields.Where(field => field.Name != PasswordField), Put("password", Hidden(Secret(group, PasswordField)))]);

        MappingNode WithKeys(MappingNode group, FaultList wrong)
        {
            if (group.Find(ApiKeysField) is null)
            {
                return group;
            }

            Node[] keys = [.. DocumentReader.ReadAll(Secret(group, ApiKeysField), _ => null, wrong)];
            return Group(
                [.. group.Fields.Where(field => field.Name != ApiKeysField), Put("apiKeys", keys is [Node list] ? list : Group([]))]);
        }
    }

    private static string? NameOf(Node item, string path, FaultList faults)
    {
        if (item is ScalarNode { IsNull: false } scalar && !FieldReader.IsAnotherType(scalar) && ToolHiveReader.KubernetesName().IsMatch(scalar.Value))
        {
            return scalar.Value;
        }

        faults.Add(
            item, path,
            $"{item.Describe()} is not the name of a namespace. "
                + "Use lower-case letters, digits and '-', with a letter or digit at both ends.");
        return null;
    }

    private static MappingNode? Part(FieldReader spec, string field, FieldTable table, FaultList faults)
    {
        if (spec.Node(field) is not Node node || FieldReader.Open(node, spec.PathOf(field), table, faults) is not FieldReader reader)
        {
            return null;
        }

        foreach ((string name, FieldTable keys) in (IEnumerable<(string, FieldTable)>)[(SecretField, SecretTable), (PasswordField, KeyTable), (ApiKeysField, KeyTable)])
        {
            bool isOfGroup = table.Names.Contains(name);
            Node? written = isOfGroup && table.Fields.Any(found => found.Name == name && found.IsRequired) ? reader.Required(name) : isOfGroup ? reader.Node(name) : null;
            if (written is not null && FieldReader.Open(written, reader.PathOf(name), keys, faults) is FieldReader reference)
            {
                reference.Required("name");
                PolicyResourceReader.ReadName(reference, faults);
                if (keys == KeyTable)
                {
                    reference.Required("key");
                    reference.Text("key");
                }
            }
        }

        if (table == AuthTable && reader.Has(JwtField))
        {
            foreach ((Node item, string path) in reader.List(JwtField))
            {
                _ = FieldReader.Open(item, path, JwtReader.TableOfResources, faults); // Its values are read later.
            }
        }

        return reader.Mapping;
    }

    private static string PathOf(string path)
    {
        foreach ((string ours, string theirs) in Paths)
        {
            if (path.StartsWith(ours, StringComparison.Ordinal))
            {
                return theirs;
            }
        }

        return path;
    }

    private static bool IsEmpty(Node node) => node is ScalarNode { IsNull: true };

    private static MappingNode Group(ImmutableArray<Field> fields) => new(0, 0, fields);

    private static Field Put(string name, Node value) => new(name, 0, 0, value);

    // No message repeats it.
    private static ScalarNode Hidden(string value) =>
        new(0, 0) { Written = "${secret}", Value = value, IsPlain = false, Replaced = [0..value.Length] };
}
