using Sluice.Documents;
using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>What a program keeps of the calls that it decides: the audit events, the record, and the last rejections.</summary>
/// <remarks>Without any of them there is no observer, and a call costs nothing more.</remarks>
internal sealed class CallJournals : IAsyncDisposable
{
    private readonly AuditLog? _audit;

    private CallJournals(DecisionRecorder? recorder, AuditLog? audit, Rejections? rejections, CallerNames? names)
    {
        Names = names;
        Recorder = recorder;
        _audit = audit;
        Rejections = rejections;
    }

    /// <summary>Records calls; null where they are not recorded. A store in memory must be made with it.</summary>
    internal DecisionRecorder? Recorder { get; }

    /// <summary>The last rejections; null without an admin address.</summary>
    internal Rejections? Rejections { get; }

    /// <summary>How callers are shown; null where nothing shows them.</summary>
    internal CallerNames? Names { get; }

    /// <summary>Sees the decisions, before other observers; null for none.</summary>
    internal ICallObserver? Observe(params IEnumerable<ICallObserver?> others) =>
        CallObservers.Of([Recorder, _audit, Rejections, .. others]);

    /// <summary>Opens the files.</summary>
    /// <param name="settings">What is to be kept.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Makes logs.</param>
    /// <param name="fault">Why that is not possible, if null is returned.</param>
    internal static CallJournals? Open(JournalSettings settings, TimeProvider time, ILoggerFactory loggers, out string? fault)
    {
        fault = null;
        if (settings.IsEmpty)
        {
            return new CallJournals(null, null, null, null);
        }

        string? folder = Path.GetDirectoryName(Path.GetFullPath((settings.Record ?? settings.Audit?.File)?.Path ?? "."));
        bool hasFile = settings.Record is not null || settings.Audit?.File is not null;
        RotatingFile? record = settings.Record is null ? null : OpenFile(settings.Record, "record", out fault);
        ILineSink? audit = fault is not null || settings.Audit is null ? null
            : settings.Audit.File is null ? new LogLineSink(loggers.CreateLogger("Sluice.Audit"))
            : OpenFile(settings.Audit.File, "audit", out fault);
        byte[]? salt = fault is null ? InstallationSalt.Find(hasFile ? folder : null, out fault) : null;
        if (salt is null)
        {
            record?.Dispose();
            audit?.Dispose();
            return null;
        }

        CallerHashes hashes = new(salt);
        CallerNames names = new(hashes, settings.Audit?.ShowsIdentities == true);
        return new CallJournals(
            record is null ? null : new DecisionRecorder(record, hashes, time, loggers.CreateLogger<DecisionRecorder>()),
            audit is null ? null : new AuditLog(audit, names, time, loggers.CreateLogger<AuditLog>()),
            settings.KeepsRejections ? new Rejections(names, settings.GivesIds, time) : null,
            names);
    }

    /// <summary>What keeps the files from being written on this machine: a folder that does not exist. Nothing is opened.</summary>
    internal static IEnumerable<string> MissingFolders(JournalSettings settings)
    {
        foreach ((string field, LogFileConfiguration? file) in new[] { ("audit", settings.Audit?.File), ("record", settings.Record) })
        {
            if (file is not null && !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(file.Path))))
            {
                yield return $"{field}.file: the folder of '{file.Path}' does not exist on this machine, "
                    + "and the gateway will not start. Create it.";
            }
        }
    }

    /// <summary>Writes what is queued.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_audit is not null)
        {
            await _audit.DisposeAsync();
        }

        if (Recorder is not null)
        {
            await Recorder.DisposeAsync();
        }
    }

    private static RotatingFile? OpenFile(LogFileConfiguration file, string field, out string? fault)
    {
        try
        {
            fault = null;
            return RotatingFile.Open(file.Path, file.RotateBytes, file.Keep);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            string wayOut = exception is DirectoryNotFoundException ? "Create its folder" : "Make it writable for this user";
            fault = $"{field}.file: '{file.Path}' cannot be written: {exception.Message} {wayOut}, or name another file.";
            return null;
        }
    }
}

/// <summary>What a configuration keeps of calls.</summary>
/// <param name="Audit">The audit events; or null.</param>
/// <param name="Record">The file of the record; or null.</param>
/// <param name="GivesIds">Whether each rejection gets an id.</param>
/// <param name="IsAdministered">Whether there is an admin address, which shows rejections.</param>
internal readonly record struct JournalSettings(
    AuditConfiguration? Audit, LogFileConfiguration? Record, bool GivesIds, bool IsAdministered)
{
    internal static JournalSettings Of(GatewayConfiguration configuration) =>
        new(configuration.Audit, configuration.Record, configuration.DecisionIds, configuration.Admin is not null);

    internal static JournalSettings Of(LocalConfiguration configuration) =>
        new(configuration.Audit, configuration.Record, configuration.DecisionIds, IsAdministered: false);

    internal bool KeepsRejections => GivesIds || IsAdministered;

    internal bool IsEmpty => Audit is null && Record is null && !KeepsRejections;
}
