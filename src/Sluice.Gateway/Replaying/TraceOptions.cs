using System.CommandLine;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>The options that name recorded decisions: <c>--trace</c>, <c>--skip-bad</c> and <c>--salt</c>.</summary>
internal sealed class TraceOptions
{
    private readonly Option<string[]> _trace = new("--trace", "--log")
    {
        Description = "A file of recorded decisions; may be repeated, the oldest first.",
        HelpName = "FILE",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<bool> _skipBad = new("--skip-bad") { Description = "Leave out lines of the trace that cannot be read." };
    private readonly Option<string?> _salt = new("--salt")
    {
        Description = "The file with the salt of the recording; "
            + $"{InstallationSalt.FileName} in the folder of the trace when it is left out. "
            + $"The variable {InstallationSalt.Variable} takes its place. It is needed only where limits name callers.",
        HelpName = "FILE",
    };

    internal void AddTo(Command command)
    {
        command.Add(_trace);
        command.Add(_skipBad);
        command.Add(_salt);
    }

    /// <summary>Whether a trace is named.</summary>
    internal bool IsGiven(ParseResult parsed) => parsed.GetValue(_trace) is { Length: > 0 };

    /// <summary>Null, or an option that goes with a trace only.</summary>
    internal string? WhyUnused(ParseResult parsed) =>
        parsed.GetValue(_skipBad) ? "--skip-bad goes with --trace. Add it, or leave out --skip-bad."
        : parsed.GetValue(_salt) is not null ? "--salt goes with --trace. Add it, or leave out --salt."
        : null;

    /// <summary>The limits of a file, for the callers of the trace; null after it said on standard error why there are none.</summary>
    internal HashedPolicies? LoadPolicies(ParseResult parsed, string path)
    {
        if (PolicyFile.Load(path) is not PolicyFile file)
        {
            return null;
        }

        HashedPolicies? policies = HashedPolicies.Of(file, () => FindSalt(parsed), out string? why);
        if (policies is null)
        {
            CommandLine.Fail($"the limits of {Shown.Quote(path)} name callers, and the trace has their hashes. {why}");
        }

        return policies;
    }

    /// <summary>Reads the trace once; null after it said on standard error what is wrong.</summary>
    internal (TraceFile File, TraceIndex Index)? Open(ParseResult parsed, CancellationToken cancellationToken)
    {
        TraceFile file = new(parsed.GetRequiredValue(_trace));
        if (file.WhyUnreadable() is string why)
        {
            CommandLine.Fail($"--trace: {why}");
            return null;
        }

        TraceIndex index;
        using (ProgressLine progress = new(file.Bytes, "bytes"))
        {
            index = TraceIndex.Of(file, progress.Report, cancellationToken);
        }

        foreach (string line in file.NamedBadLines)
        {
            Console.Error.WriteLine($"sluice: {line}");
        }

        if (file.BadLines > 0)
        {
            bool skips = parsed.GetValue(_skipBad);
            Console.Error.WriteLine(
                $"sluice: {ExplainedWords.Count(file.BadLines, "line")} of the trace "
                    + $"{(skips ? "cannot be read and are left out" : "cannot be read. Leave them out by --skip-bad")}.");
            if (!skips)
            {
                return null;
            }
        }

        if (index.IsOutOfOrder)
        {
            CommandLine.Fail("--trace: the lines are not in the order in which they were recorded. Name the files the oldest first.");
            return null;
        }

        if (index.Calls == 0)
        {
            CommandLine.Fail("--trace: there is no call in the trace.");
            return null;
        }

        return (file, index);
    }

    private (byte[]? Salt, string? Why) FindSalt(ParseResult parsed)
    {
        bool isNamed = parsed.GetValue(_salt) is not null;
        if (!isNamed && Environment.GetEnvironmentVariable(InstallationSalt.Variable) is { Length: > 0 })
        {
            byte[]? fromVariable = InstallationSalt.Find(folder: null, out string? fault);
            return (fromVariable, fault);
        }

        string path = parsed.GetValue(_salt)
            ?? Path.Combine(Path.GetDirectoryName(Path.GetFullPath(parsed.GetRequiredValue(_trace)[0]))!, InstallationSalt.FileName);
        if (!File.Exists(path))
        {
            return (
                null, $"{Shown.Quote(path)} does not exist. Name the salt of the recording by --salt, or set {InstallationSalt.Variable}.");
        }

        try
        {
            byte[]? salt = InstallationSalt.Read(path, out string? fault);
            return (salt, fault);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return (null, $"{Shown.Quote(path)} cannot be read: {exception.Message}");
        }
    }
}
