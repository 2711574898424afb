using System.Text;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>Writes our document as YAML: first what the import could not keep, as comments, then the fields.</summary>
internal static class DocumentWriter
{
    private const int Columns = 118;
    private const int Step = 2;

    internal static string Write(ImportedDocument document, string product, string file)
    {
        StringBuilder yaml = new();
        Comment(yaml, "# ", "# ", $"Imported by 'sluice import {product}' from {Path.GetFileName(file)}.");
        if (document.Notes.Count > 0)
        {
            yaml.Append("#\n# What has no equivalent, or changes meaning:\n");
            foreach (ImportNote note in document.Notes.OrderBy(note => note.Line == 0 ? int.MaxValue : note.Line)) // In the file's order; the product's last.
            {
                Comment(yaml, "# - ", "#   ", $"{PlaceOf(note)}{note.Text}");
            }
        }

        yaml.Append('\n');
        Write(yaml, document.Root, indent: 0);
        return yaml.ToString();
    }

    private static string PlaceOf(ImportNote note) => note switch
    {
        { Line: 0 } => "",
        { Path.Length: 0 } => $"line {note.Line}: ",
        _ => $"line {note.Line}, {note.Path}: ",
    };

    private static void Write(StringBuilder yaml, OutputGroup group, int indent, bool isItem = false)
    {
        bool isFirst = isItem; // The first field of an entry is on the line of its hyphen.
        foreach (OutputField field in group.Fields)
        {
            string margin = new(' ', indent);
            if (field.Comment is string comment)
            {
                Comment(yaml, isFirst ? $"{new string(' ', indent - Step)}# " : $"{margin}# ", $"{margin}# ", comment);
            }

            yaml.Append(isFirst ? $"{new string(' ', indent - Step)}- " : margin).Append(field.Name).Append(':');
            isFirst = false;
            if (field.Line is string line)
            {
                yaml.Append(' ').Append(line).Append('\n');
                continue;
            }

            yaml.Append('\n');
            if (field.Group is OutputGroup inner)
            {
                Write(yaml, inner, indent + Step);
            }

            foreach (OutputGroup item in field.Items ?? [])
            {
                Write(yaml, item, indent + Step + Step, isItem: true);
            }
        }
    }

    /// <summary>Writes a comment in lines of bounded length; nothing in it can end the comment.</summary>
    private static void Comment(StringBuilder yaml, string first, string next, string text)
    {
        string prefix = first;
        StringBuilder line = new();
        foreach (string word in Shown.Message(text).Split(' '))
        {
            if (line.Length > 0 && prefix.Length + line.Length + 1 + word.Length > Columns)
            {
                yaml.Append(prefix).Append(line).Append('\n');
                prefix = next;
                line.Clear();
            }

            line.Append(line.Length > 0 ? " " : "").Append(word);
        }

        yaml.Append(prefix).Append(line).Append('\n');
    }
}
