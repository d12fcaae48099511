using System.Text;

namespace Orchestration.Cli;

internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        // Tables and answers hold more than ASCII, whatever the locale says; a byte order mark would break the reader of a pipe.
        Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        return await CommandLine.RunAsync(args, CliContext.OfProcess());
    }
}
