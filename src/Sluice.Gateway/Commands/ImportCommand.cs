using System.Collections.Immutable;
using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using Sluice.Configuration;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary><c>sluice import PRODUCT FILE</c>: our document for a file of another product.</summary>
internal static class ImportCommand
{
    private const string Name = "sluice import";
    private const string StandardInput = "-";
    private const string StandardInputName = "standard input";

    internal static Command Create()
    {
        Argument<string> product = new("PRODUCT") { Description = $"One of {Products()}." };
        Argument<string> file = new("FILE") { Description = "The file of the product; '-' is standard input." };
        Command command = new(
            "import",
            "Print a configuration for what a file of another product limits. Everything that has no equivalent or changes meaning is in\n"
            + "its comments, with the reason. "
            + "The configuration is valid; places that the file does not know are marked as placeholders.\n\n"
            + "Exits with 0 when a configuration is printed, with 1 when the file is wrong or cannot be expressed, and with 2 when the\n"
            + "product is unknown.\n\n"
            + "Example:\n  sluice import contextforge plugins/config.yaml > sluice.yaml")
        {
            product,
            file,
        };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(product), parsed.GetRequiredValue(file)));
        return command;
    }

    private static int Run(string product, string file)
    {
        if (Importers.All.FirstOrDefault(importer => importer.Product == product) is not IImporter importer)
        {
            return CommandLine.FailUsage(
                Name, $"{Shown.Quote(product)} is not a product whose files can be imported. Write one of {Products()}.");
        }

        if (!TryRead(file, out string? text, out Fault? unreadable))
        {
            return CommandLine.Fail(unreadable.ToString());
        }

        string? yaml = Importers.Import(importer, file == StandardInput ? StandardInputName : file, text, out ImmutableArray<Fault> faults);
        if (yaml is null)
        {
            Console.Error.WriteLine(FaultFormatter.Format(faults));
            return CommandLine.Failure;
        }

        Console.Out.Write(yaml);
        return CommandLine.Success;
    }

    private static bool TryRead(string file, [NotNullWhen(true)] out string? text, [NotNullWhen(false)] out Fault? fault)
    {
        if (file != StandardInput)
        {
            return DocumentFile.TryReadText(file, out text, out fault);
        }

        using Stream input = Console.OpenStandardInput();
        byte[] bytes = new byte[GatewayFile.MaxBytes + 1];
        int length = input.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return DocumentFile.TryDecode(bytes.AsSpan(0, length), StandardInputName, out text, out fault);
    }

    private static string Products() => string.Join(", ", Importers.All.Select(importer => importer.Product));
}
