namespace Sluice.Configuration;

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
    private static readonly string[] RecordFields = [File, Rotate, Keep];
    private static readonly string[] AuditFields = [File, Rotate, Keep, Identities];

    private static readonly Dictionary<string, bool> IdentityWords = new(StringComparer.Ordinal)
    {
        ["hashed"] = false,
        ["clear"] = true,
    };

    /// <summary>Both settings; null where a group is absent. Of use only when no fault was added.</summary>
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
        if (root.Node(Audit) is not Node node || FieldReader.Open(node, Audit, AuditFields, [], faults) is not FieldReader reader)
        {
            return null;
        }

        if (!reader.HasAttempt(File))
        {
            foreach (string name in (string[])[Rotate, Keep])
            {
                if (reader.Node(name) is Node alone)
                {
                    faults.Add(alone, reader.PathOf(name), $"has no effect without '{File}', since events then go to the log. Add '{File}: audit.jsonl', or remove it.");
                }
            }
        }

        LogFileConfiguration? file = ReadFile(reader, required: false);
        return new AuditConfiguration { File = file, ShowsIdentities = reader.Choice(Identities, IdentityWords) ?? false };
    }

    private LogFileConfiguration? ReadRecord(FieldReader root) =>
        root.Node(Record) is Node node && FieldReader.Open(node, Record, RecordFields, [], faults) is FieldReader reader
            ? ReadFile(reader, required: true)
            : null;

    // A relative path is from the folder of the file, as those of key files are.
    private LogFileConfiguration? ReadFile(FieldReader reader, bool required)
    {
        string? path = reader.Text(File, required);
        long? rotate = reader.Size(
            Rotate, LogFileConfiguration.MinRotateBytes, LogFileConfiguration.MaxRotateBytes, "1KiB to 1TiB", "100MiB");
        int? keep = reader.Integer(Keep, 0, LogFileConfiguration.MaxKeep);
        if (path is null)
        {
            return null;
        }

        LogFileConfiguration file = new() { Path = Path.Combine(Path.GetDirectoryName(faults.File) ?? "", path) };
        return file with { RotateBytes = rotate ?? file.RotateBytes, Keep = keep ?? file.Keep };
    }
}
