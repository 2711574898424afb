namespace Sluice.Documents;

/// <summary>Where a ToolHive manifest keeps sessions and buckets.</summary>
/// <param name="IsRedis">Whether that is Redis.</param>
/// <param name="Address">The address of Redis; null where it is missing.</param>
/// <param name="Database">The number of the database.</param>
/// <param name="PasswordPath">The path of the reference to its password; null for none.</param>
internal sealed record ToolHiveStorage(bool IsRedis, ScalarNode? Address, int Database, string? PasswordPath)
{
    internal const string Field = "sessionStorage";
    private const string AddressField = "address";
    private const string PasswordField = "passwordRef";
    private static readonly Dictionary<string, bool> Providers = new(StringComparer.Ordinal) { ["memory"] = false, ["redis"] = true };

    private static readonly FieldTable PasswordTable =
        new(new FieldSpec("name", new TextSpec()).Required(), new FieldSpec("key", new TextSpec()).Required());

    private static readonly FieldTable Table = new(
        new FieldSpec("provider", new ChoiceSpec<bool>(Providers)).Required(),
        new(AddressField, new TextSpec()),
        new("db", new IntegerSpec(0, int.MaxValue)),
        new("keyPrefix", new AnyTextSpec()),
        new(PasswordField, new GroupSpec(() => PasswordTable)));

    /// <summary>Where the value of <see cref="Address"/> is written.</summary>
    internal required string AddressPath { get; init; }

    /// <summary>Reads <c>sessionStorage</c>, by the rules of ToolHive; null when it is wrong.</summary>
    internal static ToolHiveStorage? Read(Node node, string path, FaultList faults)
    {
        int before = faults.Count;
        if (FieldReader.Open(node, path, Table, faults) is not FieldReader reader)
        {
            return null;
        }

        reader.Required("provider");
        bool isRedis = reader.Choice<bool>("provider") ?? false;
        string? address = reader.Text(AddressField);
        int database = reader.Integer("db") ?? 0;
        if (reader.Node(PasswordField) is Node password
            && FieldReader.Open(password, reader.PathOf(PasswordField), PasswordTable, faults) is FieldReader reference)
        {
            reference.Text("name");
            reference.Text("key");
        }

        if (isRedis && !reader.HasAttempt(AddressField))
        {
            faults.Add(node, path, "lacks the field 'address', which the provider 'redis' needs. Add it, such as redis.example.com:6379.");
        }

        return faults.Count > before ? null : new(
            isRedis,
            address is null ? null : (ScalarNode)reader.Node(AddressField)!,
            database,
            reader.Has(PasswordField) ? reader.PathOf(PasswordField) : null)
        {
            AddressPath = reader.PathOf(AddressField),
        };
    }
}
