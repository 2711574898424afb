namespace Sluice.Documents;

/// <summary>Reads <c>auth.apiKeys</c>: a list of keys and of key files, or one key file.</summary>
/// <param name="faults">Takes what is wrong.</param>
/// <param name="values">What <c>${…}</c> in a key file refers to.</param>
/// <param name="content">Records the key files.</param>
internal sealed class ApiKeysReader(FaultList faults, IValueSource values, DocumentContent content)
{
    private const string ListField = "apiKeys";
    private const string FileField = "file";
    private static readonly FieldTable FileTable = new(new FieldSpec(FileField, new TextSpec()).Required());

    // An entry that names a file is another kind of entry; the field is here so that a message can name it.
    private static readonly FieldTable EntryTable = new([.. ApiKeyReader.Table.Fields, new(FileField, new TextSpec())]);

    /// <summary>The value of <c>apiKeys</c>.</summary>
    internal static readonly ValueSpec Value = new AnyOfSpec(
        new GroupSpec(() => FileTable), new ListSpec(new AnyOfSpec(new GroupSpec(() => ApiKeyReader.Table), new GroupSpec(() => FileTable))));
    private readonly ApiKeyReader _keys = new();
    private readonly KeyFiles _files = new(faults, values, content);

    /// <summary>The keys that could be read.</summary>
    internal ApiKeyTable ReadAll(FieldReader auth)
    {
        if (auth.Node(ListField) is MappingNode group && IsFile(group))
        {
            ReadFile(group, auth.PathOf(ListField));
        }
        else
        {
            foreach ((Node item, string path) in auth.List(ListField))
            {
                if (item is MappingNode entry && IsFile(entry))
                {
                    ReadFile(entry, path);
                }
                else
                {
                    _keys.Read(item, path, faults, EntryTable);
                }
            }
        }

        return _keys.ToTable();
    }

    private static bool IsFile(MappingNode entry) =>
        entry.Find(FileField) is not null
        || entry.Fields is [Field only] && NearestName.Find(only.Name, EntryTable.Names) == FileField;

    private void ReadFile(MappingNode entry, string path)
    {
        if (FieldReader.Open(entry, path, FileTable, faults) is FieldReader reader && reader.Text(FileField) is string file)
        {
            ScalarNode node = (ScalarNode)reader.Node(FileField)!;
            reader.Accept(file, _files.Read(file, node.Written, _keys), node, FileField);
        }
    }
}
