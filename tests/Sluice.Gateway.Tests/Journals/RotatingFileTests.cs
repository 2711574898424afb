using System.Text;

namespace Sluice.Gateway.Tests.Journals;

public sealed class RotatingFileTests : IDisposable
{
    private readonly JournalFolder _folder = new();

    [Fact]
    public void Append_WhatDoesNotFit_GoesToANewFileAndTheOldestIsDeleted()
    {
        using (RotatingFile file = RotatingFile.Open(_folder["a"], maxBytes: 20, keep: 2))
        {
            for (int line = 0; line < 10; line++)
            {
                file.Append(Encoding.UTF8.GetBytes($"line {line}...\n")); // 10 bytes.
            }
        }

        File.ReadAllText(_folder["a"]).ShouldBe("line 8...\nline 9...\n");
        File.ReadAllText(_folder["a.1"]).ShouldBe("line 6...\nline 7...\n");
        File.ReadAllText(_folder["a.2"]).ShouldBe("line 4...\nline 5...\n");
        Directory.GetFiles(_folder.FullName).Length.ShouldBe(3);
    }

    [Fact]
    public void Append_LineLongerThanAFile_HasAFileOfItsOwn()
    {
        using (RotatingFile file = RotatingFile.Open(_folder["a"], maxBytes: 20, keep: 5))
        {
            foreach (string line in new[] { "1\n", $"{new string('2', 100)}\n", "3\n" })
            {
                file.Append(Encoding.UTF8.GetBytes(line));
            }
        }

        File.ReadAllText(_folder["a"]).ShouldBe("3\n");
        File.ReadAllText(_folder["a.1"]).Length.ShouldBe(101);
        File.ReadAllText(_folder["a.2"]).ShouldBe("1\n");
    }

    [Fact]
    public void Append_KeepZero_EmptiesTheFullFile()
    {
        using (RotatingFile file = RotatingFile.Open(_folder["a"], maxBytes: 5, keep: 0))
        {
            file.Append("1234\n"u8);
            file.Append("5678\n"u8);
        }

        File.ReadAllText(_folder["a"]).ShouldBe("5678\n");
        Directory.GetFiles(_folder.FullName).ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("one\n", "one\n")]
    [InlineData("one\ntw", "one\n")]
    [InlineData("on", "")]
    public void Open_FileThatAKilledProcessLeft_GoesOnAfterItsLastWholeLine(string before, string kept)
    {
        File.WriteAllText(_folder["a"], before);

        using (RotatingFile file = RotatingFile.Open(_folder["a"], 1_000, 1))
        {
            file.Append("next\n"u8);
        }

        File.ReadAllText(_folder["a"]).ShouldBe(kept + "next\n");
    }

    [Fact]
    public void Open_EndOfALongLineIsMissing_CutsTheWholeLine()
    {
        File.WriteAllText(_folder["a"], "one\n" + new string('x', 10_000));

        RotatingFile.Open(_folder["a"], 1_000_000, 1).Dispose();

        File.ReadAllText(_folder["a"]).ShouldBe("one\n");
    }

    [Fact]
    public void Open_FileThatIsOpen_IsRejectedUntilItIsClosed()
    {
        using (RotatingFile.Open(_folder["a"], 1_000, 1))
        {
            Should.Throw<IOException>(() => RotatingFile.Open(_folder["a"], 1_000, 1)).Message.ShouldContain("Another gateway");
        }

        RotatingFile.Open(_folder["a"], 1_000, 1).Dispose();
    }

    [Fact]
    public void Append_FolderThatCannotBeChanged_GoesOnInTheSameFileAndSaysSoOnce()
    {
        using RotatingFile file = RotatingFile.Open(_folder["a"], maxBytes: 5, keep: 1);
        Directory.CreateDirectory(_folder["a.1"]); // A file cannot take the place of a folder.

        for (int line = 0; line < 3; line++)
        {
            file.Append("1234\n"u8);
            string? fault = file.TakeFault();
            (fault is not null).ShouldBe(line == 1, fault);
        }

        File.ReadAllText(_folder["a"]).ShouldBe("1234\n1234\n1234\n");
    }

    [SkippableFact]
    public void Open_NewFile_IsForItsOwnerOnly()
    {
        using RotatingFile file = RotatingFile.Open(_folder["a"], 1_000, 1);

        if (OperatingSystem.IsWindows())
        {
            Skip.If(true, "Windows has no file modes.");
            return;
        }

        File.GetUnixFileMode(_folder["a"]).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [SkippableFact]
    public void Append_DiskFull_ThrowsEachTime()
    {
        Skip.IfNot(File.Exists("/dev/full"), "There is no /dev/full.");
        using RotatingFile file = RotatingFile.Open("/dev/full", 1_000, 1);

        Should.Throw<IOException>(() => file.Append("one\n"u8));
        Should.Throw<IOException>(() => file.Append("two\n"u8));
    }

    public void Dispose() => _folder.Dispose();
}
