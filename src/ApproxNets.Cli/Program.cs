using ApproxNets.Cli.Commands;

return await CommandLine.InvokeAsync(CommandLine.Root(), args);
