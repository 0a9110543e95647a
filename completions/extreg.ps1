# PowerShell completion for kubectl-extreg and oc-extreg, called by these names.
# Load it with: kubectl-extreg completion powershell | Out-String | Invoke-Expression
#
# For `oc extreg` and `kubectl extreg` there is `kubectl-extreg completion install`.

Register-ArgumentCompleter -Native -CommandName 'kubectl-extreg', 'oc-extreg' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    # The words before the one at the cursor.
    $words = @()
    foreach ($element in $commandAst.CommandElements) {
        if ($element.Extent.EndOffset -lt $cursorPosition) {
            $words += $element.Extent.Text
        }
    }
    $program = $words[0]
    $before = @($words | Select-Object -Skip 1)
    $current = "$wordToComplete"
    # Before 7.3, PowerShell drops empty arguments of programs unless they are quoted twice.
    if ($current -eq '' -and $PSVersionTable.PSVersion -lt [version]'7.3') {
        $current = '""'
    }

    $prefix = ''
    if ($wordToComplete -match '^(-[^=]*=)') {
        $prefix = $Matches[1]
    }
    $lines = @(& $program __complete @before $current 2>$null)
    $directive = 0
    $offered = @()
    foreach ($line in $lines) {
        if ($line -match '^:(\d+)$') {
            $directive = [int]$Matches[1]
        } else {
            $offered += $line
        }
    }
    $space = if ($directive -band 2) { '' } else { ' ' }
    foreach ($line in $offered) {
        $value, $help = $line -split "`t", 2
        if (-not $help) { $help = $value }
        [System.Management.Automation.CompletionResult]::new("$prefix$value$space", $value, 'ParameterValue', $help)
    }
    # Without an answer PowerShell offers files by itself.
    if ($offered.Count -eq 0 -and ($directive -band 4)) {
        ''
    }
}
