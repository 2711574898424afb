namespace Sluice.Documents;

/// <summary>Reads <c>audit</c> and <c>record</c>: the files that the gateway writes.</summary>
/// <param name="faults">Takes what is wrong.</param>
internal sealed class JournalReader(FaultList faults)
{
    private const string Audit = "audit";
    private const string Record = "record";
    private const string File = "file";
    private const string Rotate = "rotate";
    private const string Keep = "keep";
    private const string Identities = "identities";
    private static readonly Dictionary<string, bool> IdentityWords = new(StringComparer.Ordinal)
    {
        ["hashed"] = false,
        ["clear"] = true,
    };

    private static readonly FieldSpec FileField = new(File, new TextSpec());
    private static readonly FieldSpec RotateField =
        new(Rotate, new SizeSpec(LogFileConfiguration.MinRotateBytes, LogFileConfiguration.MaxRotateBytes, "1KiB to 1TiB", "100MiB"));

    private static readonly FieldSpec KeepField = new(Keep, new IntegerSpec(0, LogFileConfiguration.MaxKeep));

    /// <summary>The fields of <c>record</c>.</summary>
    internal static readonly FieldTable RecordTable = new(FileField.Required(), RotateField, KeepField);

    /// <summary>The fields of <c>audit</c>.</summary>
    internal static readonly FieldTable AuditTable = new(
        FileField, RotateField, KeepField, new(Identities, new ChoiceSpec<bool>(IdentityWords)))
    {
        Together = [(Rotate, File), (Keep, File)],
    };

    /// <summary>Both settings; null where a group is absent. Valid only when no fault was added.</summary>
    internal (AuditConfiguration? Audit, LogFileConfiguration? Record) Read(FieldReader root)
    {
        AuditConfiguration? audit = ReadAudit(root);
        LogFileConfiguration? record = ReadRecord(root);
        if (audit?.File?.Path is string path && path == record?.Path)
        {
            faults.Add(((MappingNode)root.Node(Record)!).Find(File)!.Value, $"{Record}.{File}", $"is the file of '{Audit}' too. Name another file.");
        }

        return (audit, record);
    }

    private AuditConfiguration? ReadAudit(FieldReader root)
    {
        if (root.Node(Audit) is not Node node || FieldReader.Open(node, Audit, AuditTable, faults) is not FieldReader reader)
        {
            return null;
        }

        if (!reader.HasAttempt(File))
        {
            foreach (string name in (string[])[Rotate, Keep])
            {
                if (reader.Node(name) is Node alone)
                {
                    faults.Add(
                        alone, reader.PathOf(name),
                        $"has no effect without '{File}', since events then go to the log. Add '{File}: audit.jsonl', or remove it.");
                }
            }
        }

        LogFileConfiguration? file = ReadFile(reader);
        return new AuditConfiguration { File = file, ShowsIdentities = reader.Choice<bool>(Identities) ?? false };
    }

    private LogFileConfiguration? ReadRecord(FieldReader root) =>
        root.Node(Record) is Node node && FieldReader.Open(node, Record, RecordTable, faults) is FieldReader reader
            ? ReadFile(reader)
            : null;

    // A relative path is from the folder of the file, as those of key files are.
    private LogFileConfiguration? ReadFile(FieldReader reader)
    {
        string? path = reader.Text(File);
        long? rotate = reader.Size(Rotate);
        int? keep = reader.Integer(Keep);
        if (path is null)
        {
            return null;
        }

        LogFileConfiguration file = new() { Path = Path.Combine(Path.GetDirectoryName(faults.File) ?? "", path) };
        return file with { RotateBytes = rotate ?? file.RotateBytes, Keep = keep ?? file.Keep };
    }
}
