using Spectre.Console;

namespace Orchestration.Cli;

/// <summary>What a command may touch of the world outside: passed in, so that tests can stand in for it.</summary>
public sealed class CliContext
{
    /// <summary>Where results of a command go.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Where progress, notes and errors go.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Standard input.</summary>
    public required Stream StandardInput { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Reads an environment variable.</summary>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>True where standard error is a terminal that can redraw a line.</summary>
    public bool IsErrorTerminal { get; init; }

    /// <summary>True where standard output is a terminal.</summary>
    public bool IsOutTerminal { get; init; }

    /// <summary>The width of tables: the terminal's, or wide enough for files.</summary>
    public int Width { get; init; } = 160;

    /// <summary>The process's own streams.</summary>
    public static CliContext OfProcess() => new()
    {
        Out = Console.Out,
        Error = Console.Error,
        StandardInput = Console.OpenStandardInput(),
        IsErrorTerminal = !Console.IsErrorRedirected && CanRedraw(),
        IsOutTerminal = !Console.IsOutputRedirected,
        Width = Console.IsOutputRedirected ? 160 : Math.Max(80, Console.WindowWidth),
    };

    /// <summary>A console for tables on standard output: colours on a terminal only, and not where NO_COLOR is set.</summary>
    public IAnsiConsole Tables() => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = IsOutTerminal ? AnsiSupport.Detect : AnsiSupport.No,
        ColorSystem = IsOutTerminal && string.IsNullOrEmpty(Environment("NO_COLOR")) ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        Interactive = InteractionSupport.No,
        Out = new FixedWidthOutput(Out, Width),
    });

    private static bool CanRedraw() => System.Environment.GetEnvironmentVariable("TERM") is not "dumb";

    private sealed class FixedWidthOutput(TextWriter writer, int width) : IAnsiConsoleOutput
    {
        public TextWriter Writer => writer;

        public bool IsTerminal => false;

        public int Width => width;

        public int Height => 50;

        public void SetEncoding(System.Text.Encoding encoding)
        {
            // The writer was made by the caller, with its encoding.
        }
    }
}
