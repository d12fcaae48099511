using System.Text;
using Orchestration.Cli;

namespace Orchestration.Orleans.Commands;

internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        var context = CliContext.OfProcess();
        return await CommandLine.RunAsync(args, context, "orchestrate-orleans", SiloCommand.Create(context));
    }
}
